package kit.james;

import com.unboundid.ldap.sdk.Filter;
import java.lang.reflect.Field;
import java.util.Optional;
import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.user.api.UsersRepositoryException;
import org.apache.james.user.ldap.LdapRepositoryConfiguration;
import org.apache.james.user.ldap.ReadOnlyLDAPUsersDAO;
import org.apache.james.user.ldap.ReadOnlyUsersLDAPRepository;

/** The directory's people, of whichever of its servers answers. Every protocol asks here; passwords cannot be guessed fast. */
public class GuardedUsers extends ReadOnlyUsersLDAPRepository {
    private final PasswordChecks passwords = new PasswordChecks();
    private LdapRepositoryConfiguration settings;

    @Inject
    public GuardedUsers(DomainList domains) {
        super(domains);
    }

    @Override
    public void configure(LdapRepositoryConfiguration settings) {
        super.configure(settings);
        this.settings = settings;
    }

    /** What <code>ReadOnlyLDAPUsersDAO.init()</code> does, which connects to one server. */
    @Override
    public void init() throws Exception {
        Filter people = Filter.createEqualityFilter("objectClass", settings.getUserObjectClass());
        Optional<Filter> further = settings.getFilter() == null
            ? Optional.empty()
            : Optional.of(Filter.create(settings.getFilter()));
        set("objectClassFilter", people);
        set("userExtraFilter", further);
        set("listingFilter", further.map(filter -> Filter.createANDFilter(people, filter)).orElse(people));
        set("ldapConnectionPool", DirectoryServers.connect(settings));
    }

    private void set(String name, Object value) throws ReflectiveOperationException {
        Field field = ReadOnlyLDAPUsersDAO.class.getDeclaredField(name);
        field.setAccessible(true);
        field.set(usersDAO, value);
    }

    @Override
    public boolean test(Username user, String password) throws UsersRepositoryException {
        return passwords.ask(user, () -> super.test(user, password));
    }
}
