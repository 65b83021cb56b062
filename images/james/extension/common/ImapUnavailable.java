package kit.james;

import java.io.IOException;
import org.apache.james.imap.api.display.HumanReadableText;
import org.apache.james.imap.api.message.request.ImapRequest;
import org.apache.james.imap.api.message.response.ImapResponseMessage;
import org.apache.james.imap.encode.ImapResponseComposer;
import org.apache.james.imap.encode.ImapResponseEncoder;

/**
 * NO to a login that nobody can decide at the moment, since the directory or the OpenID provider does not answer: by
 * <code>UNAVAILABLE</code> (RFC 5530, section 3) mail programs tell it from a wrong password, which they would ask for again.
 */
final class ImapUnavailable implements ImapResponseMessage {
    private final ImapRequest request;

    ImapUnavailable(ImapRequest request) {
        this.request = request;
    }

    /** Whether James says so, without the code, in the words of a failure. */
    static boolean isMeantBy(HumanReadableText text) {
        return text == HumanReadableText.GENERIC_FAILURE_DURING_PROCESSING;
    }

    public static final class Encoder implements ImapResponseEncoder<ImapUnavailable> {
        @Override
        public Class<ImapUnavailable> acceptableMessages() {
            return ImapUnavailable.class;
        }

        @Override
        public void encode(ImapUnavailable response, ImapResponseComposer composer) throws IOException {
            composer.tag(response.request.getTag()).message("NO").message("[UNAVAILABLE]")
                .commandName(response.request.getCommand()).message("processing failed.").end();
        }
    }
}
