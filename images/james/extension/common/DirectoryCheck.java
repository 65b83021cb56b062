package kit.james;

import com.google.inject.Inject;
import org.apache.james.lifecycle.api.StartUpCheck;
import org.apache.james.user.ldap.LdapRepositoryConfiguration;

/** James ends before it listens where no server of its directory can be used; alone it finds out a moment later. */
public class DirectoryCheck implements StartUpCheck {
    private LdapRepositoryConfiguration settings;

    /** Where users are in a directory. */
    @Inject(optional = true)
    public void setSettings(LdapRepositoryConfiguration settings) {
        this.settings = settings;
    }

    @Override
    public CheckResult check() {
        try {
            if (settings != null) {
                DirectoryServers.connect(settings).close();
            }
            return CheckResult.builder().checkName(checkName()).resultType(ResultType.GOOD).build();
        } catch (Exception e) {
            return CheckResult.builder()
                .checkName(checkName())
                .resultType(ResultType.BAD)
                .description(e.getMessage())
                .build();
        }
    }

    @Override
    public String checkName() {
        return "directory";
    }
}
