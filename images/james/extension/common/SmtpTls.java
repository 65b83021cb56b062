package kit.james;

import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.MailHook;

/** No mail before STARTTLS, where there is STARTTLS (RFC 3207, section 4); a handler of the chain in smtpserver.xml. */
public class SmtpTls implements MailHook {
    static final String CODE = "530";
    static final String TEXT = "5.7.0 Must issue a STARTTLS command first";

    static boolean isMissing(SMTPSession session) {
        return session.isStartTLSSupported() && !session.isTLSStarted();
    }

    @Override
    public HookResult doMail(SMTPSession session, MaybeSender sender) {
        return isMissing(session)
            ? HookResult.builder().hookReturnCode(HookReturnCode.deny()).smtpReturnCode(CODE).smtpDescription(TEXT).build()
            : HookResult.DECLINED;
    }
}
