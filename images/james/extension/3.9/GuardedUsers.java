package kit.james;

import com.unboundid.ldap.sdk.LDAPConnectionPool;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.user.api.UsersRepositoryException;
import org.apache.james.user.ldap.LdapRepositoryConfiguration;
import org.apache.james.user.ldap.ReadOnlyUsersLDAPRepository;

/** The directory's people. Every protocol asks here; passwords cannot be guessed fast. */
public class GuardedUsers extends ReadOnlyUsersLDAPRepository {
    private final PasswordChecks passwords = new PasswordChecks();

    @Inject
    public GuardedUsers(DomainList domains, GaugeRegistry gauges, LDAPConnectionPool connections,
            LdapRepositoryConfiguration settings) throws Exception {
        super(domains, gauges, connections, settings);
        // James does it later than it delivers and listens: accepted mail came back then, as of nobody's.
        usersDAO.init();
    }

    /** Done before anybody asks. */
    @Override
    public void init() {
    }

    @Override
    public Optional<Username> test(Username user, String password) throws UsersRepositoryException {
        AtomicReference<Optional<Username>> found = new AtomicReference<>(Optional.empty());
        passwords.ask(user, () -> {
            found.set(super.test(user, password));
            return found.get().isPresent();
        });
        return found.get();
    }
}
