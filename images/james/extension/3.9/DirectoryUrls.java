package kit.james;

import java.net.URI;
import java.util.List;
import org.apache.james.user.ldap.LdapRepositoryConfiguration;

/** Where the directory is. */
final class DirectoryUrls {
    private DirectoryUrls() {
    }

    static List<URI> of(LdapRepositoryConfiguration settings) {
        return settings.getLdapHosts();
    }
}
