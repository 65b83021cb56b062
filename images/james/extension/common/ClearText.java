package kit.james;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a connection on which anything comes in clear after STARTTLS, before anybody reads it: else what somebody on the
 * way put in would count as if it had come by TLS (CVE-2021-33515 and others, https://nostarttls.secvuln.info). James alone
 * does not see each of them: STARTTLS after a space, for example.
 */
class ClearText extends ChannelDuplexHandler {
    /** Of IMAP and ManageSieve: with or without a tag. */
    static final Pattern STARTTLS = Pattern.compile("(\\S+ )?STARTTLS", Pattern.CASE_INSENSITIVE);

    private static final Logger LOGGER = LoggerFactory.getLogger(ClearText.class);
    /** Of a word: more than STARTTLS has. */
    private static final int MAX_WORD = 16;
    /** Of a line: more than two words. */
    private static final int MAX_LINE = 64;

    /** What has come of it, one space for all that James takes for space, words and more of them not to their end. */
    private final StringBuilder line = new StringBuilder();
    private int word;
    private boolean asked;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (context.pipeline().get(SslHandler.class) != null) {
            context.pipeline().remove(this);
            context.fireChannelRead(message);
            return;
        }
        ByteBuf in = (ByteBuf) message;
        for (int at = in.readerIndex(); at < in.writerIndex(); at++) {
            if (asked) {
                LOGGER.warn("Something came in clear after STARTTLS from {}: the connection is ended", context.channel().remoteAddress());
                ReferenceCountUtil.release(message);
                context.close();
                return;
            }
            read(in.getByte(at));
        }
        context.fireChannelRead(message);
    }

    private void read(byte next) {
        if (next == '\n') {
            asked = isCommand(line.toString().trim());
            line.setLength(0);
            word = 0;
        } else if (line.length() < MAX_LINE) {
            boolean space = next >= 0 && next <= ' ';
            word = space ? 0 : word + 1;
            boolean again = space && line.length() > 0 && line.charAt(line.length() - 1) == ' ';
            if (!again && word <= MAX_WORD) {
                line.append(space ? ' ' : (char) (next & 0xff));
            }
        }
    }

    boolean isCommand(String text) {
        return STARTTLS.matcher(text).matches();
    }

    /** Of SMTP, where what a mail says is no command. */
    static final class Smtp extends ClearText {
        private boolean mail;

        @Override
        boolean isCommand(String text) {
            if (mail) {
                mail = !text.equals(".");
                return false;
            }
            return text.equalsIgnoreCase("STARTTLS");
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
            if (message instanceof ByteBuf) {
                ByteBuf out = (ByteBuf) message;
                mail = mail || out.readableBytes() > 3 && out.toString(out.readerIndex(), 3, US_ASCII).equals("354");
            }
            super.write(context, message, promise);
        }
    }
}
