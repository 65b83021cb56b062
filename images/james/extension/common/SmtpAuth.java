package kit.james;

import java.util.Optional;
import java.util.function.Function;
import org.apache.james.protocols.api.BaseRequest;
import org.apache.james.protocols.api.OidcSASLConfiguration;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.esmtp.AuthCmdHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * AUTH that takes what clients send: OAUTHBEARER as RFC 7628 has it, and tokens on a line of their own; where there is
 * STARTTLS, nothing before it.
 */
public class SmtpAuth extends AuthCmdHandler {
    private static final Logger LOGGER = LoggerFactory.getLogger(SmtpAuth.class);

    @Override
    public Response onCommand(SMTPSession session, Request request) {
        if (SmtpTls.isMissing(session)) {
            return new SMTPResponse(SmtpTls.CODE, SmtpTls.TEXT);
        }
        String[] words = Optional.ofNullable(request.getArgument()).orElse("").trim().split(" +", 2);
        Optional<BearerMechanism> mechanism = BearerMechanism.of(words[0]);
        Optional<OidcSASLConfiguration> oidc = session.getConfiguration().saslConfiguration();
        if (mechanism.isEmpty() || oidc.isEmpty() || session.getUsername() != null) {
            return super.onCommand(session, request);
        }
        return words.length == 1
            ? ask("", session, answer -> login(mechanism.get(), answer, session, oidc.get()))
            : login(mechanism.get(), words[1], session, oidc.get());
    }

    private Response login(BearerMechanism mechanism, String response, SMTPSession session, OidcSASLConfiguration oidc) {
        Response answer;
        try {
            // SmtpTokens decides.
            answer = super.onCommand(session, new BaseRequest("AUTH", mechanism + " " + response));
        } catch (RuntimeException e) {
            LOGGER.warn("A login failed", e);
            return new SMTPResponse("454", "4.7.0 Temporary authentication failure");
        }
        if (!answer.getRetCode().equals(SMTPRetCode.AUTH_READY)) {
            return answer;
        }
        // James's own reason is not as RFC 7628 has it.
        session.popLineHandler();
        return ask(mechanism.refusal(oidc), session,
            refused -> new SMTPResponse(SMTPRetCode.AUTH_FAILED, "5.7.8 Authentication Failed"));
    }

    private static Response ask(String challenge, SMTPSession session, Function<String, Response> whenAnswered) {
        session.pushLineHandler((sameSession, line) -> {
            session.popLineHandler();
            String answer = new String(line, session.getCharset()).trim();
            return answer.equals("*")
                ? new SMTPResponse(SMTPRetCode.SYNTAX_ERROR_ARGUMENTS, "5.7.0 Authentication aborted")
                : whenAnswered.apply(answer);
        });
        return new SMTPResponse(SMTPRetCode.AUTH_READY, challenge);
    }
}
