package kit.james;

import java.util.List;
import java.util.Map;
import javax.inject.Inject;
import org.apache.james.core.Username;
import org.apache.james.mailbox.MailboxSession;
import org.apache.james.mailbox.SessionProvider;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.mailbox.model.Mailbox;
import org.apache.james.mailbox.store.MailboxSessionMapperFactory;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import spark.Service;

/**
 * All mailboxes with the number of their mails, on webadmin. James itself tells those of users whom its directory has: who
 * was removed from it has mail all the same.
 */
public class MailboxCounts implements Routes {
    private static final String PATH = "/kit/mailboxes";

    private final MailboxSessionMapperFactory mappers;
    private final SessionProvider sessions;
    private final JsonTransformer json;

    @Inject
    public MailboxCounts(MailboxSessionMapperFactory mappers, SessionProvider sessions, JsonTransformer json) {
        this.mappers = mappers;
        this.sessions = sessions;
        this.json = json;
    }

    @Override
    public String getBasePath() {
        return PATH;
    }

    @Override
    public void define(Service service) {
        service.get(PATH, (request, response) -> counts(), json);
    }

    private List<Map<String, Object>> counts() {
        MailboxSession session = sessions.createSystemSession(Username.of("kit"));
        return mappers.getMailboxMapper(session).list()
            .concatMap(mailbox -> Mono.fromCallable(() -> count(mailbox, session)).subscribeOn(Schedulers.boundedElastic()))
            .collectList()
            .block();
    }

    private Map<String, Object> count(Mailbox mailbox, MailboxSession session) throws MailboxException {
        return Map.of("username", mailbox.getUser().asString(), "mailboxName", mailbox.getName(),
            "messages", mappers.getMessageMapper(session).countMessagesInMailbox(mailbox));
    }
}
