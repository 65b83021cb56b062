package kit.james;

import com.github.fge.lambdas.functions.ThrowingFunction;
import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.imap.ImapSuite;
import org.apache.james.imap.api.ConnectionCheckFactory;
import org.apache.james.imap.api.message.response.StatusResponseFactory;
import org.apache.james.imapserver.netty.IMAPServerFactory;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.modules.protocols.IMAPServerModule;
import org.apache.james.utils.GuiceLoader;

/** Puts {@link ImapServers} in the place of James's. */
final class ImapModule extends AbstractModule {
    @Provides
    @Singleton
    IMAPServerFactory imapServers(FileSystem files, GuiceLoader loader, StatusResponseFactory responses, MetricFactory metrics,
            GaugeRegistry gauges, ConnectionCheckFactory checks) {
        return new ImapServers(files, suites(loader, responses), metrics, gauges, checks);
    }

    /** James's own, of <code>imapPackages</code>: no other class makes them. */
    @SuppressWarnings("unchecked")
    private static ThrowingFunction<HierarchicalConfiguration<ImmutableNode>, ImapSuite> suites(GuiceLoader loader,
            StatusResponseFactory responses) {
        try {
            MethodHandle suites = MethodHandles.privateLookupIn(IMAPServerModule.class, MethodHandles.lookup())
                .findVirtual(IMAPServerModule.class, "imapSuiteLoader",
                    MethodType.methodType(ThrowingFunction.class, GuiceLoader.class, StatusResponseFactory.class));
            return (ThrowingFunction<HierarchicalConfiguration<ImmutableNode>, ImapSuite>)
                suites.invokeExact(new IMAPServerModule(), loader, responses);
        } catch (Throwable e) {
            throw new IllegalStateException("This James is not the one that the kit knows", e);
        }
    }
}
