package kit.james;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.TooLongFrameException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.inject.Inject;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.managesieve.core.CoreProcessor;
import org.apache.james.managesieve.jsieve.Parser;
import org.apache.james.managesieve.transcode.ArgumentParser;
import org.apache.james.managesieveserver.netty.ManageSieveChannelUpstreamHandler;
import org.apache.james.managesieveserver.netty.ManageSieveServer;
import org.apache.james.protocols.api.OidcSASLConfiguration;
import org.apache.james.protocols.lib.SslConfig;
import org.apache.james.protocols.lib.netty.AbstractConfigurableAsyncServer;
import org.apache.james.protocols.lib.netty.AbstractServerFactory;
import org.apache.james.protocols.netty.AbstractChannelPipelineFactory;
import org.apache.james.protocols.netty.ChannelHandlerFactory;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.sieverepository.api.SieveRepository;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.utils.UserDefinedStartable;

/**
 * James's own ManageSieve with the kit's AUTHENTICATE; named by <code>guice.extension.startable</code> in
 * extensions.properties. Its servers stand in managesieveserver.xml below <code>kit</code>, where James does not start
 * them.
 */
public final class SieveServers extends AbstractServerFactory implements UserDefinedStartable {
    /** Characters of a command, its literals (a script, a token) included: room for a line of 8,192, the most of James's own. */
    private static final int MAX_COMMAND = 10_000;

    private final ConfigurationProvider configurations;
    private final FileSystem files;
    private final CoreProcessor commands;
    private final UsersRepository users;

    @Inject
    public SieveServers(ConfigurationProvider configurations, FileSystem files, SieveRepository scripts,
                        UsersRepository users, Parser parser) {
        this.configurations = configurations;
        this.files = files;
        this.commands = new CoreProcessor(scripts, users, parser);
        this.users = users;
    }

    @Override
    public void start() {
        try {
            configure(configurations.getConfiguration("managesieveserver.kit"));
            init();
        } catch (Exception e) {
            throw new IllegalStateException("ManageSieve cannot be started", e);
        }
    }

    @Override
    protected List<AbstractConfigurableAsyncServer> createServers(HierarchicalConfiguration<ImmutableNode> config)
            throws Exception {
        List<AbstractConfigurableAsyncServer> servers = new ArrayList<>();
        for (HierarchicalConfiguration<ImmutableNode> each : config.configurationsAt("managesieveserver")) {
            Optional<OidcSASLConfiguration> oidc = each.immutableConfigurationsAt("auth.oidc").isEmpty()
                ? Optional.empty()
                : Optional.of(OidcSASLConfiguration.parse(each.configurationAt("auth.oidc")));
            SslConfig tls = SslConfig.parse(each);
            ManageSieveServer server = new Server(tls, new SieveLogins(
                new ArgumentParser(commands), users, oidc, each.getBoolean("auth.plainAuthEnabled", true), tls.useStartTLS()));
            server.setFileSystem(files);
            server.configure(each);
            servers.add(server);
        }
        return servers;
    }

    /** Ends a connection whose command is too long: James would keep what comes, before any login, until the heap is full. */
    @SuppressWarnings({"rawtypes", "unchecked"}) // of James's own
    private static final class Server extends ManageSieveServer {
        private final SslConfig tls;
        private final SieveLogins processor;

        Server(SslConfig tls, SieveLogins processor) {
            super(MAX_COMMAND, processor);
            this.tls = tls;
            this.processor = processor;
        }

        @Override
        protected void buildSSLContext() throws Exception {
            encryption = Tls.encryption(tls);
        }

        /** James's own would go on looking for commands after STARTTLS in what comes by TLS, and end the connection: the first. */
        @Override
        protected ChannelHandlerFactory createFrameHandlerFactory() {
            return tls.useStartTLS()
                ? pipeline -> new LineBasedFrameDecoder(AbstractChannelPipelineFactory.MAX_LINE_LENGTH, false, false)
                : super.createFrameHandlerFactory();
        }

        @Override
        protected AbstractChannelPipelineFactory createPipelineFactory() {
            return new Connections(super.createPipelineFactory(), pipeline -> { }, this::getEncryption,
                () -> new SieveClearText(getEncryption(), processor::getCapabilitiesByTls));
        }

        @Override
        protected ChannelInboundHandlerAdapter createCoreHandler() {
            return new ManageSieveChannelUpstreamHandler(processor, getEncryption(), MAX_COMMAND) {
                @Override
                public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
                    super.exceptionCaught(context, cause);
                    if (cause instanceof TooLongFrameException) {
                        context.close();
                    }
                }
            };
        }
    }
}
