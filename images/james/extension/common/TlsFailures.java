package kit.james;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection whose TLS fails, as that of everybody who tries what he may, is a line in the log: James would call it an error. */
@ChannelHandler.Sharable
final class TlsFailures extends ChannelInboundHandlerAdapter {
    static final TlsFailures HANDLER = new TlsFailures();
    private static final Logger LOGGER = LoggerFactory.getLogger(TlsFailures.class);

    private TlsFailures() {
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
        Throwable failure = cause instanceof DecoderException ? cause.getCause() : cause;
        if (failure instanceof SSLException) {
            LOGGER.info("TLS with {} failed: {}", context.channel().remoteAddress(), failure.getMessage());
            context.close();
        } else {
            super.exceptionCaught(context, cause);
        }
    }
}
