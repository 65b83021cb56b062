package kit.james;

import java.io.IOException;
import org.apache.james.imap.api.message.response.ImapResponseMessage;
import org.apache.james.imap.encode.ImapResponseComposer;
import org.apache.james.imap.encode.ImapResponseEncoder;

/** A SASL challenge, in Base64: <code>+ text</code>. */
final class ImapChallenge implements ImapResponseMessage {
    private final String text;

    ImapChallenge(String text) {
        this.text = text;
    }

    public static final class Encoder implements ImapResponseEncoder<ImapChallenge> {
        @Override
        public Class<ImapChallenge> acceptableMessages() {
            return ImapChallenge.class;
        }

        @Override
        public void encode(ImapChallenge challenge, ImapResponseComposer composer) throws IOException {
            composer.continuationResponse(challenge.text);
        }
    }
}
