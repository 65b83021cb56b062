package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.imap.api.ImapMessage;
import org.apache.james.imap.api.Tag;
import org.apache.james.imap.api.message.response.StatusResponseFactory;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imap.decode.DecodingException;
import org.apache.james.imap.decode.ImapRequestLineReader;
import org.apache.james.imap.decode.parser.LoginCommandParser;
import org.apache.james.imap.message.request.LoginRequest;

/** LOGIN with a password in UTF-8, as quoted string or literal; James 3.8 takes ASCII. */
public class ImapLoginParser extends LoginCommandParser {
    @Inject
    public ImapLoginParser(StatusResponseFactory responses) {
        super(responses);
    }

    @Override
    protected ImapMessage decode(ImapRequestLineReader request, Tag tag, ImapSession session) throws DecodingException {
        Username user = Username.of(request.astring(UTF_8));
        String password = request.astring(UTF_8);
        request.eol();
        return new LoginRequest(user, password, tag);
    }
}
