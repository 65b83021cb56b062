package kit.james;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.TooLongFrameException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.james.imap.api.ImapConstants;
import org.apache.james.imap.api.ImapMessage;
import org.apache.james.imap.api.ImapSessionState;
import org.apache.james.imap.api.display.HumanReadableText;
import org.apache.james.imap.api.message.response.StatusResponseFactory;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imap.decode.DecodingException;
import org.apache.james.imap.decode.ImapDecoder;
import org.apache.james.imap.decode.ImapRequestLineReader;
import org.apache.james.imap.message.Literal;
import org.apache.james.imap.message.request.AppendRequest;
import org.apache.james.imap.message.response.UnpooledStatusResponseFactory;
import org.apache.james.imapserver.netty.IMAPServer;
import org.apache.james.imapserver.netty.ImapRequestFrameDecoder;

/**
 * Commands with literals (RFC 3501, section 4.3, and LITERAL+, RFC 7888), which James gets when they are whole; large ones
 * wait in a file. James 3.8 reads on while it removes the handler that makes lines of what comes: of a command whose literal
 * comes at once and is too large for its memory it loses the beginning, and never answers; where it is small, and several
 * commands come at once, it may do those before it again.
 */
final class ImapCommands extends ImapRequestFrameDecoder {
    private static final int MAX_LINE = IMAPServer.DEFAULT_MAX_LINE_LENGTH;
    /** Of whoever is not logged in, as in James 3.8.2. */
    private static final int MAX_LITERAL_OF_STRANGERS = 8192;
    private static final Pattern LITERAL = Pattern.compile("\\{(\\d{1,10})(\\+?)}\\r?\\n$");
    /** Of a line: its literal is not longer. */
    private static final int TAIL = 16;
    private static final HumanReadableText TOO_LARGE =
        new HumanReadableText("kit.james.TOO_LARGE", "failed. It is larger than APPENDLIMIT.");
    private static final StatusResponseFactory RESPONSES = new UnpooledStatusResponseFactory();

    private final ImapDecoder decoder;
    /** A command with literals, as far as it is there. */
    private Spool command;
    /** Bytes of the literal that are still to come. */
    private long missing;
    /** Whether the command is not kept, only read to its end. */
    private boolean refused;

    ImapCommands(ImapDecoder decoder) {
        super(decoder, Spool.FEW, (int) Limits.MESSAGE, MAX_LINE);
        this.decoder = decoder;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        // James sets its own.
        super.channelActive(context);
        context.channel().attr(LINEARALIZER_ATTRIBUTE_KEY).set(new ImapTurns(context.executor()));
    }

    /**
     * Literals are not framed by lines, but before a login, when framing finds commands that came with STARTTLS. What the
     * framer holds comes here while it is removed, so that nothing may be at work then.
     */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        super.channelRead(context, message);
        if (command == null) {
            enableFraming(context);
        } else if (!isStranger(session(context))) {
            super.disableFraming(context);
        }
    }

    @Override
    public void disableFraming(ChannelHandlerContext context) {
        // James would while it reads: see channelRead.
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        if (missing > 0) {
            int length = (int) Math.min(missing, in.readableBytes());
            keep(in, length);
            missing -= length;
            return;
        }
        int length = in.bytesBefore((byte) '\n') + 1;
        if (length == 0) {
            if (in.readableBytes() > MAX_LINE) {
                in.skipBytes(in.readableBytes());
                throw new TooLongFrameException("A line of more than " + MAX_LINE + " bytes");
            }
            return;
        }
        ByteBuf line = in.readSlice(length);
        int tail = Math.min(length, TAIL);
        Matcher literal = LITERAL.matcher(line.toString(length - tail, tail, US_ASCII));
        if (literal.find()) {
            begin(context, line, Long.parseLong(literal.group(1)), literal.group(2).isEmpty(), out);
        } else if (command == null) {
            super.decode(context, line, out);
        } else {
            keep(line, length);
            end(context, out);
        }
    }

    /** @param asks whether the client waits to be told to go on */
    private void begin(ChannelHandlerContext context, ByteBuf line, long length, boolean asks, List<Object> out)
            throws IOException {
        if (length > MAX_LITERAL_OF_STRANGERS && isStranger(session(context))) {
            throw new DecodingException(HumanReadableText.FAILED, "A literal of " + length + " bytes before a login");
        }
        if (command == null) {
            command = new Spool();
        }
        keep(line, line.readableBytes());
        // What is large is a mail, which is the last of its command.
        refused = refused || length > Limits.MESSAGE || command.size() > Spool.FEW;
        if (asks && refused) {
            end(context, out);
            return;
        }
        missing = length;
        if (asks) {
            context.writeAndFlush(Unpooled.copiedBuffer("+ Ok\r\n", US_ASCII));
        }
    }

    private void keep(ByteBuf in, int length) throws IOException {
        if (refused) {
            in.skipBytes(length);
        } else {
            command.write(in, length);
        }
    }

    private void end(ChannelHandlerContext context, List<Object> out) throws IOException {
        Spool whole = command;
        boolean tooLarge = refused;
        command = null;
        refused = false;
        ImapMessage message = null;
        try {
            ImapSession session = session(context);
            if (session != null && session.getState() != ImapSessionState.LOGOUT) {
                Reader reader = new Reader(whole);
                message = tooLarge ? RESPONSES.taggedNo(reader.tag(), ImapConstants.APPEND_COMMAND, TOO_LARGE)
                    : decoder.decode(reader, session);
                out.add(message);
            }
        } finally {
            // James closes it when the mail is stored.
            if (!(message instanceof AppendRequest)) {
                whole.close();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        super.channelInactive(context);
        if (command != null) {
            command.close();
        }
    }

    private static ImapSession session(ChannelHandlerContext context) {
        return context.channel().attr(IMAP_SESSION_ATTRIBUTE_KEY).get();
    }

    private static boolean isStranger(ImapSession session) {
        return session == null || session.getState() == ImapSessionState.NON_AUTHENTICATED
            || session.getState() == ImapSessionState.LOGOUT;
    }

    /** Of a command that is whole: clients were told to go on already. */
    private static final class Reader extends ImapRequestLineReader {
        private final Spool command;
        private long position;

        private Reader(Spool command) {
            this.command = command;
        }

        @Override
        public char nextChar() throws DecodingException {
            if (!nextSeen) {
                try (InputStream next = command.read(position, Math.min(1, command.size() - position))) {
                    int read = next.read();
                    if (read < 0) {
                        throw new DecodingException(HumanReadableText.ILLEGAL_ARGUMENTS, "The command ends early");
                    }
                    nextChar = (char) read;
                } catch (DecodingException early) {
                    throw early;
                } catch (IOException e) {
                    throw new DecodingException(HumanReadableText.SOCKET_IO_FAILURE, "The command is lost", e);
                }
                nextSeen = true;
                position++;
            }
            return nextChar;
        }

        @Override
        public Literal read(int size, boolean mail) {
            nextSeen = false;
            long offset = position;
            position += size;
            return mail ? new Mail(command, offset, size) : new Part(command, offset, size);
        }

        @Override
        protected void commandContinuationRequest() {
        }
    }

    private static class Part implements Literal {
        final Spool command;
        private final long offset;
        private final int size;

        private Part(Spool command, long offset, int size) {
            this.command = command;
            this.offset = offset;
            this.size = size;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public InputStream getInputStream() {
            return command.read(offset, size);
        }
    }

    /** The last part that anybody reads. */
    private static final class Mail extends Part implements Closeable {
        private Mail(Spool command, long offset, int size) {
            super(command, offset, size);
        }

        @Override
        public void close() throws IOException {
            command.close();
        }
    }
}
