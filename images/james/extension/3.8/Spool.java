package kit.james;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Bytes, in memory while they are few, then in a file that has no name and is gone with whoever holds it. */
final class Spool implements Closeable {
    /** How many bytes are few. */
    static final int FEW = 64 * 1024;

    private byte[] memory = new byte[512];
    private FileChannel file;
    private long size;

    /** Takes so many bytes out of a buffer. */
    void write(ByteBuf from, int length) throws IOException {
        if (file == null && size + length > FEW) {
            file = FileChannel.open(Files.createTempFile("imap-", ".command"),
                StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            for (ByteBuffer few = ByteBuffer.wrap(memory, 0, (int) size); few.hasRemaining();) {
                file.write(few);
            }
            memory = new byte[0];
        }
        if (file == null) {
            int end = (int) size + length;
            if (end > memory.length) {
                memory = Arrays.copyOf(memory, Math.min(FEW, Math.max(end, 2 * memory.length)));
            }
            from.readBytes(memory, (int) size, length);
        } else {
            for (int rest = length; rest > 0;) {
                rest -= from.readBytes(file, rest);
            }
        }
        size += length;
    }

    long size() {
        return size;
    }

    /** What was written, from an offset on, so many bytes. */
    InputStream read(long offset, long length) {
        return file == null ? new ByteArrayInputStream(memory, (int) offset, (int) length) : new Many(offset, offset + length);
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }

    private final class Many extends InputStream {
        private long position;
        private final long end;

        private Many(long position, long end) {
            this.position = position;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        /** Not more than few at once: Java keeps a buffer as large for each thread that reads. */
        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int most = (int) Math.min(Math.min(length, FEW), end - position);
            int count = most == 0 ? -1 : file.read(ByteBuffer.wrap(bytes, offset, most), position);
            position += Math.max(count, 0);
            return count;
        }
    }
}
