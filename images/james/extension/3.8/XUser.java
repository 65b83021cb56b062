package kit.james;

import org.apache.james.jmap.http.XUserAuthenticationStrategy;
import org.apache.james.mailbox.MailboxManager;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.utils.PropertiesProvider;

/** James's own, which asks for no secret. */
abstract class XUser extends XUserAuthenticationStrategy {
    XUser(UsersRepository users, MailboxManager mailboxes, PropertiesProvider properties) {
        super(users, mailboxes);
    }
}
