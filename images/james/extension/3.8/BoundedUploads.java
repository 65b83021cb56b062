package kit.james;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.james.blob.api.BlobId;
import org.apache.james.blob.api.HashBlobId;
import org.apache.james.core.Username;
import org.apache.james.jmap.api.model.Upload;
import org.apache.james.jmap.api.model.UploadId;
import org.apache.james.jmap.api.model.UploadMetaData;
import org.apache.james.jmap.api.model.UploadNotFoundException;
import org.apache.james.jmap.api.upload.UploadRepository;
import org.apache.james.mailbox.model.ContentType;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Uploads (RFC 8620, section 6.1), in memory as James's own, which keeps them for ever. Here they are kept for an hour;
 * where a person would have more than is his he is refused, and where all would have too much the oldest of who has most
 * go first.
 */
public class BoundedUploads implements UploadRepository {
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final BlobId.Factory BLOB_IDS = new HashBlobId.Factory();

    static final String FULL = "Too much was uploaded within the last hour";

    /** The person has as much as he may. */
    static final class Full extends RuntimeException {
        private static final long serialVersionUID = 1;

        Full() {
            super(FULL, null, false, false);
        }
    }

    private static final class Kept {
        /** What one takes beside what the client sent; else many empty ones would fill the heap. */
        private static final int OVERHEAD = 1024;

        private final Username user;
        private final UploadMetaData metaData;
        private final byte[] content;
        private final long since = System.nanoTime();

        private Kept(Username user, UploadMetaData metaData, byte[] content) {
            this.user = user;
            this.metaData = metaData;
            this.content = content;
        }

        private long size() {
            return OVERHEAD + content.length + metaData.contentType().asString().length();
        }
    }

    private final Map<UploadId, Kept> uploads = new LinkedHashMap<>();

    /** Whether a person may have so many bytes more. */
    synchronized boolean hasRoom(Username user, long bytes) {
        forgetOld();
        return held(user) + bytes <= Limits.UPLOADS_PER_PERSON;
    }

    @Override
    public Publisher<UploadMetaData> upload(InputStream data, ContentType type, Username user) {
        return Mono.fromCallable(() -> keep(read(data), type, user));
    }

    @Override
    public Publisher<Upload> retrieve(UploadId id, Username user) {
        return Mono.fromCallable(() -> find(id, user)
            .map(kept -> Upload.from(kept.metaData, () -> new ByteArrayInputStream(kept.content)))
            .orElseThrow(() -> new UploadNotFoundException(id)));
    }

    private static byte[] read(InputStream data) throws IOException {
        try (InputStream open = data) {
            return open.readAllBytes();
        }
    }

    private synchronized UploadMetaData keep(byte[] content, ContentType type, Username user) {
        if (!hasRoom(user, content.length)) {
            throw new Full();
        }
        while (!uploads.isEmpty() && held() + content.length > Limits.UPLOADS) {
            uploads.remove(oldestOfWhoHasMost());
        }
        UploadId id = UploadId.random();
        UploadMetaData metaData = UploadMetaData.from(id, type, content.length, BLOB_IDS.from(id.asString()));
        uploads.put(id, new Kept(user, metaData, content));
        return metaData;
    }

    private synchronized Optional<Kept> find(UploadId id, Username user) {
        return Optional.ofNullable(uploads.get(id)).filter(kept -> kept.user.equals(user));
    }

    private void forgetOld() {
        uploads.values().removeIf(kept -> System.nanoTime() - kept.since > HOUR);
    }

    private long held() {
        return uploads.values().stream().mapToLong(Kept::size).sum();
    }

    private long held(Username user) {
        return uploads.values().stream().filter(kept -> kept.user.equals(user)).mapToLong(Kept::size).sum();
    }

    private UploadId oldestOfWhoHasMost() {
        UploadId found = null;
        long most = -1;
        for (Map.Entry<UploadId, Kept> entry : uploads.entrySet()) {
            long held = held(entry.getValue().user);
            if (held > most) {
                most = held;
                found = entry.getKey();
            }
        }
        return found;
    }
}
