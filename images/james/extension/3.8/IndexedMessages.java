package kit.james;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import javax.mail.Flags;
import org.apache.james.mailbox.MessageUid;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.mailbox.inmemory.mail.InMemoryMessageMapper;
import org.apache.james.mailbox.model.Mailbox;
import org.apache.james.mailbox.model.MailboxId;
import org.apache.james.mailbox.model.MessageId;
import org.apache.james.mailbox.model.MessageMetaData;
import org.apache.james.mailbox.model.MessageRange;
import org.apache.james.mailbox.store.mail.ModSeqProvider;
import org.apache.james.mailbox.store.mail.UidProvider;
import org.apache.james.mailbox.store.mail.model.MailboxMessage;
import org.apache.james.mailbox.store.mail.model.impl.SimpleMailboxMessage;
import org.apache.james.mailbox.store.mail.utils.ApplicableFlagCalculator;

/**
 * All mail, by mailbox and UID and by id. James's own mapper copies and sorts a whole mailbox to find one mail, copies a mail
 * to set its flags, and keeps for ever what was in deleted mailboxes and the attachments of deleted mails.
 */
final class IndexedMessages extends InMemoryMessageMapper {
    private final Map<MailboxId, NavigableMap<MessageUid, MailboxMessage>> byMailbox = new ConcurrentHashMap<>();
    /** A mail with one id may be in several mailboxes. */
    private final Map<MessageId, List<MailboxMessage>> byId = new ConcurrentHashMap<>();
    private final Attachments attachments;

    IndexedMessages(UidProvider uids, ModSeqProvider modSeqs, Clock clock, Attachments attachments) {
        super(null, uids, modSeqs, clock);
        this.attachments = attachments;
    }

    List<MailboxMessage> withId(MessageId id) {
        return byId.getOrDefault(id, List.of());
    }

    /** Forgets all mails of a mailbox, which is deleted. */
    void forget(MailboxId mailbox) {
        NavigableMap<MessageUid, MailboxMessage> mails = byMailbox.remove(mailbox);
        if (mails != null) {
            mails.values().forEach(this::forgetId);
        }
    }

    @Override
    public long countMessagesInMailbox(Mailbox mailbox) {
        return in(mailbox).size();
    }

    @Override
    public long countUnseenMessagesInMailbox(Mailbox mailbox) {
        return in(mailbox).values().stream().filter(mail -> !mail.isSeen()).count();
    }

    @Override
    public Iterator<MailboxMessage> findInMailbox(Mailbox mailbox, MessageRange range, FetchType type, int most) {
        // A list, since mails may be added while it is read: by a copy into the same mailbox.
        List<MailboxMessage> found =
            new ArrayList<>(in(mailbox).subMap(range.getUidFrom(), true, range.getUidTo(), true).values());
        return (most > 0 && most < found.size() ? found.subList(0, most) : found).iterator();
    }

    @Override
    public List<MessageUid> findRecentMessageUidsInMailbox(Mailbox mailbox) {
        return in(mailbox).values().stream()
            .filter(MailboxMessage::isRecent)
            .map(MailboxMessage::getUid)
            .collect(Collectors.toList());
    }

    @Override
    public MessageUid findFirstUnseenMessageUid(Mailbox mailbox) {
        return in(mailbox).values().stream()
            .filter(mail -> !mail.isSeen())
            .findFirst()
            .map(MailboxMessage::getUid)
            .orElse(null);
    }

    @Override
    public Flags getApplicableFlag(Mailbox mailbox) {
        return new ApplicableFlagCalculator(in(mailbox).values()).computeApplicableFlags();
    }

    @Override
    public void delete(Mailbox mailbox, MailboxMessage message) {
        remove(mailbox.getMailboxId(), message.getUid());
    }

    @Override
    public Map<MessageUid, MessageMetaData> deleteMessages(Mailbox mailbox, List<MessageUid> uids) {
        Map<MessageUid, MessageMetaData> deleted = new HashMap<>();
        for (MessageUid uid : uids) {
            MailboxMessage mail = remove(mailbox.getMailboxId(), uid);
            if (mail != null) {
                deleted.put(uid, mail.metaData());
            }
        }
        return deleted;
    }

    @Override
    public MessageMetaData move(Mailbox mailbox, MailboxMessage original) throws MailboxException {
        MessageMetaData moved = copy(mailbox, original);
        remove(original.getMailboxId(), original.getUid());
        return moved;
    }

    @Override
    public MessageMetaData save(Mailbox mailbox, MailboxMessage message) throws MailboxException {
        if (in(mailbox).get(message.getUid()) == message) {
            // Its flags were set: on what is stored here itself.
            return message.metaData();
        }
        SimpleMailboxMessage mail = SimpleMailboxMessage.copy(mailbox.getMailboxId(), message);
        mail.setUid(message.getUid());
        mail.setModSeq(message.getModSeq());
        mail.setSaveDate(Date.from(clock.instant()));
        byId.merge(mail.getMessageId(), List.of(mail), IndexedMessages::with);
        MailboxMessage before = byMailbox.computeIfAbsent(mailbox.getMailboxId(), any -> new ConcurrentSkipListMap<>())
            .put(mail.getUid(), mail);
        if (before != null) {
            forgetId(before);
        }
        return mail.metaData();
    }

    private NavigableMap<MessageUid, MailboxMessage> in(Mailbox mailbox) {
        return byMailbox.getOrDefault(mailbox.getMailboxId(), Collections.emptyNavigableMap());
    }

    private MailboxMessage remove(MailboxId mailbox, MessageUid uid) {
        NavigableMap<MessageUid, MailboxMessage> mails = byMailbox.get(mailbox);
        MailboxMessage mail = mails == null ? null : mails.remove(uid);
        if (mail != null) {
            forgetId(mail);
        }
        return mail;
    }

    private void forgetId(MailboxMessage mail) {
        if (byId.computeIfPresent(mail.getMessageId(), (id, mails) -> without(mails, mail)) == null) {
            attachments.forget(mail.getAttachments());
        }
    }

    private static List<MailboxMessage> with(List<MailboxMessage> mails, List<MailboxMessage> more) {
        List<MailboxMessage> all = new ArrayList<>(mails);
        all.addAll(more);
        return List.copyOf(all);
    }

    /** Null where none is left. */
    private static List<MailboxMessage> without(List<MailboxMessage> mails, MailboxMessage mail) {
        // Not by equals, which compares UIDs only, and those of other mailboxes may be the same.
        List<MailboxMessage> rest = mails.stream().filter(one -> one != mail).collect(Collectors.toUnmodifiableList());
        return rest.isEmpty() ? null : rest;
    }
}
