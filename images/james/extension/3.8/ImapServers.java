package kit.james;

import javax.inject.Inject;
import javax.inject.Provider;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.imap.api.ImapConfiguration;
import org.apache.james.imap.api.ImapMessage;
import org.apache.james.imap.api.process.ImapProcessor;
import org.apache.james.imap.api.process.ImapSession;
import org.apache.james.imap.api.process.SelectedMailbox;
import org.apache.james.imap.decode.ImapDecoder;
import org.apache.james.imap.encode.ImapEncoder;
import org.apache.james.imapserver.netty.IMAPServer;
import org.apache.james.imapserver.netty.IMAPServerFactory;
import org.apache.james.imapserver.netty.ImapMetrics;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.lib.SslConfig;
import org.apache.james.protocols.netty.AbstractChannelPipelineFactory;
import reactor.core.publisher.Mono;

/** James's own IMAP, which reads commands as {@link ImapCommands} does, with the kit's {@link Tls} and {@link Connections}. */
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
        private SslConfig tls;

        private Server(ImapDecoder decoder, ImapEncoder encoder, ImapProcessor processor, ImapMetrics metrics,
                GaugeRegistry gauges) {
            super(decoder, encoder, new InTurn(processor), metrics, gauges);
            this.decoder = decoder;
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
                pipeline -> {
                    pipeline.replace(REQUEST_DECODER, REQUEST_DECODER, new ImapCommands(decoder));
                    pipeline.addLast(new LastWords());
                },
                this::getEncryption, ClearText::new);
        }
    }

    /**
     * Looks at the session when a command's turn has come; James does when it has read the command. To a FETCH that comes together
     * with a SELECT it shows no mail.
     *
     * A mailbox that a command closes listens no longer to what happens in it: after CLOSE and UNSELECT James 3.8 lets it, for
     * good, with the number of each mail in it.
     */
    private static final class InTurn implements ImapProcessor {
        private final ImapProcessor james;

        private InTurn(ImapProcessor james) {
            this.james = james;
        }

        @Override
        public Mono<Void> processReactive(ImapMessage message, Responder responder, ImapSession session) {
            return Mono.defer(() -> {
                SelectedMailbox before = session.getSelected();
                return james.processReactive(message, responder, session).then(Mono.defer(() ->
                    before == null || session.getSelected() == before ? Mono.empty() : before.deselect()));
            });
        }

        @Override
        public void configure(ImapConfiguration configuration) {
            james.configure(configuration);
        }
    }
}
