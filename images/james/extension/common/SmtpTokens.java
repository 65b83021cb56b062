package kit.james;

import java.util.Optional;
import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.mailbox.Authorizator;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.protocols.api.OidcSASLConfiguration;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.smtpserver.UsersRepositoryAuthHook;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.api.UsersRepositoryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passwords and tokens, and a temporary error (RFC 4954, section 6) where nobody can be asked about them. */
public class SmtpTokens extends UsersRepositoryAuthHook {
    private static final Logger LOGGER = LoggerFactory.getLogger(SmtpTokens.class);

    private final UsersRepository users;
    private final Authorizator delegations;

    @Inject
    public SmtpTokens(UsersRepository users, Authorizator delegations) {
        super(users, delegations);
        this.users = users;
        this.delegations = delegations;
    }

    /** James itself says 535 where the directory does not answer, at which mail programs forget a right password. */
    @Override
    public HookResult doAuth(SMTPSession session, Username user, String password) {
        try {
            return Passwords.userOf(users, user, password).map(found -> accept(session, found)).orElse(HookResult.DECLINED);
        } catch (UsersRepositoryException e) {
            LOGGER.warn("A login failed", e);
            return HookResult.builder()
                .hookReturnCode(HookReturnCode.denySoft())
                .smtpReturnCode("454")
                .smtpDescription("4.7.0 Temporary authentication failure")
                .build();
        }
    }

    @Override
    public HookResult doSasl(SMTPSession session, OidcSASLConfiguration oidc, String response) {
        Optional<BearerResponse> parsed = BearerResponse.parse(response);
        Optional<Username> wanted = parsed.flatMap(said -> said.user(oidc));
        Optional<Username> proven = wanted.flatMap(user -> parsed.get().prove(oidc, users));
        return proven.isPresent() && mayBe(proven.get(), wanted.get()) ? accept(session, wanted.get()) : HookResult.DECLINED;
    }

    private boolean mayBe(Username proven, Username wanted) {
        try {
            return proven.equals(wanted)
                || delegations.user(proven).canLoginAs(wanted) == Authorizator.AuthorizationState.ALLOWED;
        } catch (MailboxException e) {
            LOGGER.info("Unable to know who may be {}", wanted.asString(), e);
            return false;
        }
    }

    private HookResult accept(SMTPSession session, Username user) {
        try {
            users.assertValid(user);
        } catch (UsersRepositoryException e) {
            LOGGER.warn("Invalid username", e);
            return HookResult.DECLINED;
        }
        session.setUsername(user);
        session.setRelayingAllowed(true);
        return HookResult.builder()
            .hookReturnCode(HookReturnCode.ok())
            .smtpDescription("Authentication successful.")
            .build();
    }
}
