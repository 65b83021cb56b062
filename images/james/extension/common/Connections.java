package kit.james;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.james.protocols.netty.AbstractChannelPipelineFactory;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.HandlerConstants;

/** The handlers of a connection: James's own as the kit changes them, and before them those of TLS and of the PROXY protocol. */
@SuppressWarnings({"rawtypes", "unchecked"}) // of James's own
final class Connections extends AbstractChannelPipelineFactory {
    private final ChannelHandler james;
    private final Consumer<ChannelPipeline> changes;
    private final Supplier<Encryption> tls;
    private final Supplier<ClearText> clearText;

    /** @param clearText for connections that begin without TLS, where there is STARTTLS */
    Connections(ChannelHandler james, Consumer<ChannelPipeline> changes, Supplier<Encryption> tls, Supplier<ClearText> clearText) {
        super(null, null);
        this.james = james;
        this.changes = changes;
        this.tls = tls;
        this.clearText = clearText;
    }

    @Override
    protected void initChannel(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(james);
        changes.accept(pipeline);
        if (tls.get() != null) {
            if (tls.get().isStartTLS()) {
                pipeline.addFirst(TlsFailures.HANDLER, clearText.get());
            } else {
                pipeline.addAfter(HandlerConstants.SSL_HANDLER, null, TlsFailures.HANDLER);
            }
        }
        ProxyHeader.expect(channel);
    }

    @Override
    protected ChannelInboundHandlerAdapter createHandler() {
        throw new IllegalStateException("James makes it");
    }
}
