package kit.james;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/** James closes a connection before it sends its last answer, as "* BYE" after wrong passwords. */
final class LastWords extends ChannelOutboundHandlerAdapter {
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        context.executor().execute(() -> context.close(promise));
    }
}
