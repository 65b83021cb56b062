package kit.james;

import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.TransportProtocol;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PROXY protocol, version 2, of connections from {@link TrustedProxies}, and of no others: each must begin with its
 * header, and is the client's from then on, for logs, limits and whoever counts wrong passwords. James alone believes
 * everybody's header, and then notes another address for each connection of a client.
 */
final class ProxyHeader extends ChannelInboundHandlerAdapter {
    private static final Logger LOGGER = LoggerFactory.getLogger(ProxyHeader.class);
    private static final int SECONDS = 10;
    /** James asks the connection itself for its address, everywhere. Netty finds it out once. */
    private static final VarHandle REMOTE_ADDRESS = remoteAddress();

    private static VarHandle remoteAddress() {
        try {
            return MethodHandles.privateLookupIn(AbstractChannel.class, MethodHandles.lookup())
                .findVarHandle(AbstractChannel.class, "remoteAddress", SocketAddress.class);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("This Netty is not the one that the kit knows", e);
        }
    }

    private ProxyHeader() {
    }

    static void expect(Channel channel) {
        if (TrustedProxies.has(channel.remoteAddress())) {
            ChannelPipeline pipeline = channel.pipeline();
            pipeline.addFirst(new HAProxyMessageDecoder(), new ProxyHeader());
        }
    }

    /** Nobody is greeted before. */
    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.executor().schedule(() -> {
            if (!context.isRemoved()) {
                refuse(context, "it has sent none for " + SECONDS + " seconds");
            }
        }, SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        HAProxyMessage header = (HAProxyMessage) message;
        try {
            TransportProtocol transport = header.proxiedProtocol().transportProtocol();
            if (header.protocolVersion() != HAProxyProtocolVersion.V2) {
                refuse(context, "it sends version 1");
            } else if (header.command() == HAProxyCommand.LOCAL) {
                // The proxy speaks for itself, to see whether James is there.
                accept(context);
            } else if (transport == TransportProtocol.STREAM && header.proxiedProtocol() != HAProxyProxiedProtocol.UNIX_STREAM) {
                REMOTE_ADDRESS.setVolatile(context.channel(),
                    new InetSocketAddress(InetAddress.getByName(header.sourceAddress()), header.sourcePort()));
                accept(context);
            } else {
                refuse(context, "it sends an address of " + header.proxiedProtocol());
            }
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        } finally {
            header.release();
        }
    }

    private void accept(ChannelHandlerContext context) {
        context.fireChannelActive();
        context.pipeline().remove(this);
    }

    private static void refuse(ChannelHandlerContext context, String why) {
        LOGGER.warn("A connection of the proxy {} must begin with a header of the PROXY protocol, version 2: {}",
            context.channel().remoteAddress(), why);
        context.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        refuse(context, (cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause).getMessage());
    }

    /** Who was not told of its beginning is not told of its end. */
    @Override
    public void channelInactive(ChannelHandlerContext context) {
    }
}
