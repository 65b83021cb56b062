package kit.james;

import org.apache.james.core.Username;
import org.apache.james.user.api.UsersRepositoryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passwords of the directory's people, for who does not {@link Guesses guess}. */
final class PasswordChecks {
    private static final Logger LOGGER = LoggerFactory.getLogger(PasswordChecks.class);

    interface Question {
        boolean isRight() throws UsersRepositoryException;
    }

    private final Guesses guesses = new Guesses();

    boolean ask(Username user, Question directory) throws UsersRepositoryException {
        String address = Peer.address();
        long now = System.nanoTime() / 1_000_000;
        if (!begin(user, address, now)) {
            LOGGER.info("Too many wrong passwords of {} from {}: not asked again yet", user.asString(), address);
            return false;
        }
        try {
            boolean right = directory.isRight();
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
