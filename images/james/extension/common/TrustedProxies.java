package kit.james;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who tells the addresses of clients: IPv4 addresses and networks in <code>kit.proxy.trusted</code>, commas between them.
 * 127.0.0.1 stands for programs of the machine that the container is on, which come from its default gateway; nobody in the
 * container itself is trusted.
 */
final class TrustedProxies {
    private static final Logger LOGGER = LoggerFactory.getLogger(TrustedProxies.class);
    private static final int MACHINE = 0x7f000001;
    private static final Path ROUTES = Path.of("/proc/net/route");
    private static final List<int[]> NETWORKS = networks(System.getProperty("kit.proxy.trusted", ""));

    private TrustedProxies() {
    }

    static boolean has(SocketAddress peer) {
        InetAddress address = ((InetSocketAddress) peer).getAddress();
        return address instanceof Inet4Address && !address.isLoopbackAddress() && isIn(NETWORKS, number(address));
    }

    private static boolean isIn(List<int[]> networks, int address) {
        return networks.stream().anyMatch(network -> (address & network[1]) == network[0]);
    }

    private static List<int[]> networks(String setting) {
        List<int[]> networks = new ArrayList<>();
        for (String each : setting.split(",")) {
            if (!each.isBlank()) {
                networks.add(network(each.trim()));
            }
        }
        if (isIn(networks, MACHINE)) {
            networks.addAll(gateways());
        }
        return networks;
    }

    private static int[] network(String text) {
        String[] parts = text.split("/");
        int bits = parts.length == 1 ? 32 : Integer.parseInt(parts[1]);
        int mask = bits == 0 ? 0 : -1 << (32 - bits);
        try {
            return new int[] {number(InetAddress.getByName(parts[0])) & mask, mask};
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("kit.proxy.trusted has " + text, e);
        }
    }

    private static int number(InetAddress address) {
        byte[] bytes = address.getAddress();
        return (bytes[0] & 0xff) << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | bytes[3] & 0xff;
    }

    /** Columns: interface, destination, gateway; numbers in hexadecimal as the machine has them in memory, the last byte first. */
    private static List<int[]> gateways() {
        try {
            List<int[]> found = Files.readAllLines(ROUTES).stream()
                .map(line -> line.trim().split("\\s+"))
                .filter(columns -> columns.length > 2 && columns[1].equals("00000000"))
                .map(columns -> new int[] {Integer.reverseBytes((int) Long.parseLong(columns[2], 16)), -1})
                .collect(Collectors.toList());
            if (found.isEmpty()) {
                LOGGER.warn("127.0.0.1 is a trusted proxy, and there is no default gateway from which it could come");
            }
            return found;
        } catch (IOException e) {
            throw new IllegalStateException(ROUTES + " cannot be read", e);
        }
    }
}
