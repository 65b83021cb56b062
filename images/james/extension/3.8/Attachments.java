package kit.james;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.james.mailbox.exception.AttachmentNotFoundException;
import org.apache.james.mailbox.exception.MailboxException;
import org.apache.james.mailbox.model.AttachmentId;
import org.apache.james.mailbox.model.AttachmentMetadata;
import org.apache.james.mailbox.model.MessageAttachmentMetadata;
import org.apache.james.mailbox.model.MessageId;
import org.apache.james.mailbox.model.ParsedAttachment;
import org.apache.james.mailbox.store.mail.AttachmentMapper;

/** Decoded attachments, each of one mail and kept as long as it. */
final class Attachments implements AttachmentMapper {
    private static final class Attachment {
        private final AttachmentMetadata metadata;
        private final byte[] bytes;

        private Attachment(AttachmentMetadata metadata, byte[] bytes) {
            this.metadata = metadata;
            this.bytes = bytes;
        }
    }

    private final Map<AttachmentId, Attachment> byId = new ConcurrentHashMap<>();

    void forget(Collection<MessageAttachmentMetadata> attachments) {
        attachments.forEach(attachment -> byId.remove(attachment.getAttachmentId()));
    }

    @Override
    public InputStream loadAttachmentContent(AttachmentId id) throws AttachmentNotFoundException {
        return new ByteArrayInputStream(existing(id).bytes);
    }

    @Override
    public AttachmentMetadata getAttachment(AttachmentId id) throws AttachmentNotFoundException {
        return existing(id).metadata;
    }

    @Override
    public List<AttachmentMetadata> getAttachments(Collection<AttachmentId> ids) {
        return ids.stream()
            .map(byId::get)
            .filter(Objects::nonNull)
            .map(attachment -> attachment.metadata)
            .collect(Collectors.toList());
    }

    @Override
    public Collection<MessageId> getRelatedMessageIds(AttachmentId id) {
        return getAttachments(List.of(id)).stream().map(AttachmentMetadata::getMessageId).collect(Collectors.toList());
    }

    @Override
    public List<MessageAttachmentMetadata> storeAttachments(Collection<ParsedAttachment> parsed, MessageId message)
            throws MailboxException {
        List<MessageAttachmentMetadata> stored = new ArrayList<>();
        for (ParsedAttachment one : parsed) {
            try (InputStream content = one.getContent().openStream()) {
                AttachmentId id = AttachmentId.random();
                byte[] bytes = content.readAllBytes();
                byId.put(id, new Attachment(AttachmentMetadata.builder()
                    .attachmentId(id)
                    .messageId(message)
                    .type(one.getContentType())
                    .size(bytes.length)
                    .build(), bytes));
                stored.add(one.asMessageAttachment(id, bytes.length, message));
            } catch (IOException e) {
                throw new MailboxException("An attachment cannot be read", e);
            }
        }
        return stored;
    }

    private Attachment existing(AttachmentId id) throws AttachmentNotFoundException {
        Attachment attachment = byId.get(id);
        if (attachment == null) {
            throw new AttachmentNotFoundException(id.getId());
        }
        return attachment;
    }
}
