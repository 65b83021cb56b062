package kit.james;

import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.user.api.UsersRepositoryException;
import org.apache.james.user.ldap.ReadOnlyUsersLDAPRepository;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The directory's people, whose passwords cannot be guessed fast. Every protocol asks here. */
public class GuardedUsers extends ReadOnlyUsersLDAPRepository {
    private static final Logger LOGGER = LoggerFactory.getLogger(GuardedUsers.class);

    private final Guesses guesses = new Guesses();

    @Inject
    public GuardedUsers(DomainList domains) {
        super(domains);
    }

    @Override
    public boolean test(Username user, String password) throws UsersRepositoryException {
        String address = Peer.address();
        long now = System.nanoTime() / 1_000_000;
        if (!begin(user, address, now)) {
            LOGGER.info("Too many wrong passwords of {} from {}: not asked again yet", user.asString(), address);
            return false;
        }
        try {
            boolean right = super.test(user, password);
            if (right) {
                guesses.succeeded(user.asString(), address);
            } else {
                guesses.failed(user.asString(), address, now);
            }
            return right;
        } finally {
            guesses.end(user.asString(), address);
        }
    }

    private boolean begin(Username user, String address, long now) throws UsersRepositoryException {
        try {
            return guesses.begin(user.asString(), address, now);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UsersRepositoryException("A login was interrupted", e);
        }
    }
}
