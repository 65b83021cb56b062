package kit.james;

import com.github.fge.lambdas.functions.ThrowingFunction;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Set;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.imap.ImapSuite;
import org.apache.james.imap.api.ConnectionCheck;
import org.apache.james.imap.api.ConnectionCheckFactory;
import org.apache.james.imap.api.ImapConfiguration;
import org.apache.james.imap.api.ImapMessage;
import org.apache.james.imap.api.process.ImapProcessor;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imapserver.netty.IMAPServer;
import org.apache.james.imapserver.netty.IMAPServerFactory;
import org.apache.james.imapserver.netty.ImapMetrics;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.lib.SslConfig;
import org.apache.james.protocols.netty.AbstractChannelPipelineFactory;
import reactor.core.publisher.Mono;

/** James's own IMAP, whose connections are {@link ImapConnection}s, with the kit's {@link Tls} and {@link Connections}. */
final class ImapServers extends IMAPServerFactory {
    ImapServers(FileSystem files, ThrowingFunction<HierarchicalConfiguration<ImmutableNode>, ImapSuite> suites, MetricFactory metrics,
            GaugeRegistry gauges, ConnectionCheckFactory checks) {
        super(files, suites, metrics, gauges, checks);
    }

    @Override
    protected IMAPServer createServer(HierarchicalConfiguration<ImmutableNode> configuration) {
        return new Server(imapSuiteProvider.apply(configuration), imapMetrics, gaugeRegistry,
            connectionCheckFactory.create(configuration));
    }

    @SuppressWarnings({"rawtypes", "unchecked"}) // of James's own
    private static final class Server extends IMAPServer {
        private SslConfig tls;

        private Server(ImapSuite suite, ImapMetrics metrics, GaugeRegistry gauges, Set<ConnectionCheck> checks) {
            super(suite.getDecoder(), suite.getEncoder(), new InOrder(suite.getProcessor()), metrics, gauges, checks);
        }

        @Override
        public void doConfigure(HierarchicalConfiguration<ImmutableNode> configuration) throws ConfigurationException {
            super.doConfigure(configuration);
            tls = SslConfig.parse(configuration);
        }

        @Override
        protected void buildSSLContext() throws Exception {
            encryption = Tls.encryption(tls);
        }

        @Override
        protected AbstractChannelPipelineFactory createPipelineFactory() {
            return new Connections(super.createPipelineFactory(),
                pipeline -> pipeline.addLast(new Greeted(), new LastWords()),
                this::getEncryption, ClearText::new);
        }

        /** Hears of a connection after James. */
        private final class Greeted extends ChannelInboundHandlerAdapter {
            @Override
            public void channelActive(ChannelHandlerContext context) {
                Channel channel = context.channel();
                ImapSession james = channel.attr(IMAP_SESSION_ATTRIBUTE_KEY).get();
                channel.attr(IMAP_SESSION_ATTRIBUTE_KEY).set(new ImapConnection(channel, getEncryption(), james));
            }
        }
    }

    /** Ends each command on the connection's own thread, behind its last answer: only then the next begins. */
    private static final class InOrder implements ImapProcessor {
        private final ImapProcessor james;

        private InOrder(ImapProcessor james) {
            this.james = james;
        }

        @Override
        public Mono<Void> processReactive(ImapMessage message, Responder responder, ImapSession session) {
            ImapConnection connection = (ImapConnection) session;
            return james.processReactive(message, connection.inOrder(responder), session).publishOn(connection.thread());
        }

        @Override
        public void configure(ImapConfiguration configuration) {
            james.configure(configuration);
        }
    }
}
