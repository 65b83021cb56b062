package kit.james;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.function.Supplier;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.HandlerConstants;

/**
 * STARTTLS of ManageSieve (RFC 5804, section 2.2). James alone begins TLS some time after its answer, which clients do not
 * always wait for, reads no command then, and says nothing of its capabilities.
 */
final class SieveClearText extends ClearText {
    private final Encryption tls;
    private final Supplier<String> capabilities;

    SieveClearText(Encryption tls, Supplier<String> capabilities) {
        this.tls = tls;
        this.capabilities = capabilities;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
        boolean begin = message instanceof ByteBuf && ((ByteBuf) message).toString(UTF_8).trim().equals(SieveLogins.BEGIN_TLS);
        super.write(context, message, promise);
        if (begin) {
            context.flush();
            context.pipeline().addFirst(HandlerConstants.SSL_HANDLER, tls.sslHandler());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent && ((SslHandshakeCompletionEvent) event).isSuccess()) {
            context.writeAndFlush(Unpooled.copiedBuffer(capabilities.get(), UTF_8));
        }
        super.userEventTriggered(context, event);
    }
}
