package kit.james;

import static org.apache.james.backends.postgres.utils.PostgresExecutor.EAGER_FETCH;
import static org.apache.james.mailbox.postgres.mail.PostgresMessageDataDefinition.MessageToMailboxTable.INTERNAL_DATE;
import static org.apache.james.mailbox.postgres.mail.PostgresMessageDataDefinition.MessageToMailboxTable.IS_DELETED;
import static org.apache.james.mailbox.postgres.mail.PostgresMessageDataDefinition.MessageToMailboxTable.MAILBOX_ID;
import static org.apache.james.mailbox.postgres.mail.PostgresMessageDataDefinition.MessageToMailboxTable.MESSAGE_ID;
import static org.apache.james.mailbox.postgres.mail.PostgresMessageDataDefinition.MessageToMailboxTable.TABLE_NAME;

import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.inject.Inject;
import javax.mail.Flags;
import org.apache.james.backends.postgres.utils.PostgresExecutor;
import org.apache.james.mailbox.AttachmentContentLoader;
import org.apache.james.mailbox.MailboxSession;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.mailbox.extractor.TextExtractor;
import org.apache.james.mailbox.model.MailboxId;
import org.apache.james.mailbox.model.MessageId;
import org.apache.james.mailbox.model.SearchQuery;
import org.apache.james.mailbox.postgres.PostgresMailboxId;
import org.apache.james.mailbox.postgres.PostgresMessageId;
import org.apache.james.mailbox.store.mail.MailboxMapperFactory;
import org.apache.james.mailbox.store.mail.MessageMapperFactory;
import org.apache.james.mailbox.store.search.SimpleMessageSearchIndex;
import org.jooq.impl.DSL;
import reactor.core.publisher.Flux;

/**
 * The newest mails, as webmail lists them, sorted by the database. James itself reads what is known of every mail in the
 * mailbox, and sorts that.
 */
public class NewestMails extends SimpleMessageSearchIndex {
    private static final List<SearchQuery.Criterion> ALL = List.of(SearchQuery.flagIsUnSet(Flags.Flag.DELETED));
    private static final List<SearchQuery.Sort> NEWEST_FIRST =
        List.of(new SearchQuery.Sort(SearchQuery.Sort.SortClause.Arrival, SearchQuery.Sort.Order.REVERSE));

    private final PostgresExecutor.Factory databases;

    @Inject
    public NewestMails(MessageMapperFactory messages, MailboxMapperFactory mailboxes, TextExtractor texts,
            AttachmentContentLoader attachments, PostgresExecutor.Factory databases) {
        super(messages, mailboxes, texts, attachments);
        this.databases = databases;
    }

    @Override
    public Flux<MessageId> search(MailboxSession session, Collection<MailboxId> mailboxes, SearchQuery query, long limit)
            throws MailboxException {
        return query.getCriteria().equals(ALL) && query.getSorts().equals(NEWEST_FIRST)
            ? newest(session, mailboxes, limit)
            : super.search(session, mailboxes, query, limit);
    }

    /** Each once, also one that is in several of the mailboxes. */
    private Flux<MessageId> newest(MailboxSession session, Collection<MailboxId> mailboxes, long limit) {
        List<UUID> ids = mailboxes.stream().map(id -> ((PostgresMailboxId) id).asUuid()).collect(Collectors.toList());
        return databases.create(session.getUser().getDomainPart())
            .executeRows(database -> Flux.from(database.select(MESSAGE_ID)
                .from(TABLE_NAME)
                .where(MAILBOX_ID.in(ids))
                .and(IS_DELETED.eq(false))
                .groupBy(MESSAGE_ID)
                .orderBy(DSL.max(INTERNAL_DATE).desc(), MESSAGE_ID)
                .limit(limit)), EAGER_FETCH)
            .map(row -> PostgresMessageId.Factory.of(row.get(MESSAGE_ID)));
    }
}
