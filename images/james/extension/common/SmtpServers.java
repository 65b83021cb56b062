package kit.james;

import javax.inject.Inject;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.lib.SslConfig;
import org.apache.james.protocols.lib.handler.ProtocolHandlerLoader;
import org.apache.james.protocols.netty.AbstractChannelPipelineFactory;
import org.apache.james.smtpserver.netty.SMTPServer;
import org.apache.james.smtpserver.netty.SMTPServerFactory;
import org.apache.james.smtpserver.netty.SmtpMetrics;

/** James's own SMTP with the kit's {@link Tls} and {@link Connections}. */
public class SmtpServers extends SMTPServerFactory {
    @Inject
    public SmtpServers(DNSService dns, ProtocolHandlerLoader loader, FileSystem files, MetricFactory metrics) {
        super(dns, loader, files, metrics);
    }

    @Override
    protected SMTPServer createServer() {
        return new Server(smtpMetrics);
    }

    @SuppressWarnings({"rawtypes", "unchecked"}) // of James's own
    private static final class Server extends SMTPServer {
        private SslConfig tls;

        private Server(SmtpMetrics metrics) {
            super(metrics);
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
            return new Connections(super.createPipelineFactory(), pipeline -> { }, this::getEncryption, ClearText.Smtp::new);
        }
    }
}
