package kit.james;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import javax.inject.Inject;
import javax.inject.Provider;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.imap.api.process.ImapProcessor;
import org.apache.james.imap.decode.ImapDecoder;
import org.apache.james.imap.encode.ImapEncoder;
import org.apache.james.imapserver.netty.IMAPServer;
import org.apache.james.imapserver.netty.IMAPServerFactory;
import org.apache.james.imapserver.netty.ImapMetrics;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.netty.AbstractChannelPipelineFactory;

/** James's own IMAP, which reads commands as {@link ImapCommands} does. */
public class ImapServers extends IMAPServerFactory {
    @Inject
    public ImapServers(FileSystem files, Provider<ImapDecoder> decoder, Provider<ImapEncoder> encoder,
            Provider<ImapProcessor> processor, MetricFactory metrics, GaugeRegistry gauges) {
        super(files, decoder, encoder, processor, metrics, gauges);
    }

    @Override
    protected IMAPServer createServer() {
        return new Server(decoder.get(), encoder.get(), processor.get(), imapMetrics, gaugeRegistry);
    }

    @SuppressWarnings({"rawtypes", "unchecked"}) // of James's own
    private static final class Server extends IMAPServer {
        private final ImapDecoder decoder;

        private Server(ImapDecoder decoder, ImapEncoder encoder, ImapProcessor processor, ImapMetrics metrics,
                GaugeRegistry gauges) {
            super(decoder, encoder, processor, metrics, gauges);
            this.decoder = decoder;
        }

        @Override
        protected AbstractChannelPipelineFactory createPipelineFactory() {
            ChannelHandler james = super.createPipelineFactory();
            return new AbstractChannelPipelineFactory(getFrameHandlerFactory(), getExecutorGroup()) {
                @Override
                protected ChannelInboundHandlerAdapter createHandler() {
                    return createCoreHandler();
                }

                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(james);
                    channel.pipeline().replace(REQUEST_DECODER, REQUEST_DECODER, new ImapCommands(decoder));
                }
            };
        }
    }
}
