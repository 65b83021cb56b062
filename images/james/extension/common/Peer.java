package kit.james;

import org.apache.james.util.MDCBuilder;
import org.slf4j.MDC;

/** Address of the client for whom this thread works: James notes it for its log. Empty where it does not. */
final class Peer {
    private Peer() {
    }

    static String address() {
        String noted = MDC.get(MDCBuilder.IP);
        return noted == null ? "" : noted;
    }
}
