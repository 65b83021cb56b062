package kit.james;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who guesses passwords. Each user may be tried ten times from each address, and each address may try fifty times, then
 * four times and twenty times a minute. What is over is refused without asking the directory. A user who is known at an
 * address, since his password was right there, is not held back by what others try from it, and nobody's tries hold back
 * a user at another address: strangers cannot lock anybody out.
 */
public final class Guesses {
    /** Of each: the one that was used longest ago is forgotten. 10,000 are some 2 MB. */
    private static final int REMEMBERED = 10_000;
    private static final double MILLISECONDS = 60_000;
    /** Wrong passwords at first. */
    private static final int PER_PAIR = 10;
    private static final int PER_ADDRESS = 50;

    private static final class Allowance {
        private final double most;
        private final double perMillisecond;
        private double left;
        private long since;

        private Allowance(double most, double perMinute, long now) {
            this.most = most;
            this.perMillisecond = perMinute / MILLISECONDS;
            this.left = most;
            this.since = now;
        }

        private double left(long now) {
            left = Math.min(most, left + (now - since) * perMillisecond);
            since = now;
            return left;
        }
    }

    private static final class Recent<V> extends LinkedHashMap<String, V> {
        private static final long serialVersionUID = 1;

        private Recent() {
            super(64, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
            return size() > REMEMBERED;
        }
    }

    private final Map<String, Allowance> pairs = new Recent<>();
    private final Map<String, Allowance> addresses = new Recent<>();
    private final Map<String, Boolean> known = new Recent<>();
    /** Tries that are not over, of pairs and of addresses. */
    private final Map<String, Integer> underWay = new HashMap<>();

    /**
     * Whether a password of the user may be tried from the address now; `end` must follow when it may. Who tries more at
     * once than is left waits for the others: what they turn out to be decides.
     */
    public synchronized boolean begin(String user, String address, long now) throws InterruptedException {
        String pair = pair(user, address);
        for (;;) {
            double ofPair = left(pairs.get(pair), PER_PAIR, now);
            double ofAddress = known.containsKey(pair) ? Double.MAX_VALUE : left(addresses.get(address), PER_ADDRESS, now);
            if (ofPair < 1 || ofAddress < 1) {
                return false;
            }
            if (ofPair - underWay(pair) >= 1 && ofAddress - underWay(address) >= 1) {
                underWay.merge(pair, 1, Integer::sum);
                underWay.merge(address, 1, Integer::sum);
                return true;
            }
            wait();
        }
    }

    public synchronized void end(String user, String address) {
        for (String one : List.of(pair(user, address), address)) {
            underWay.computeIfPresent(one, (any, tries) -> tries == 1 ? null : tries - 1);
        }
        notifyAll();
    }

    private int underWay(String one) {
        return underWay.getOrDefault(one, 0);
    }

    private static double left(Allowance allowance, int most, long now) {
        return allowance == null ? most : allowance.left(now);
    }

    public synchronized void failed(String user, String address, long now) {
        Allowance ofPair = pairs.computeIfAbsent(pair(user, address), any -> new Allowance(PER_PAIR, 4, now));
        ofPair.left = Math.max(0, ofPair.left(now) - 1);
        Allowance ofAddress = addresses.computeIfAbsent(address, any -> new Allowance(PER_ADDRESS, 20, now));
        ofAddress.left = Math.max(0, ofAddress.left(now) - 1);
    }

    public synchronized void succeeded(String user, String address) {
        pairs.remove(pair(user, address));
        known.put(pair(user, address), true);
    }

    private static String pair(String user, String address) {
        return user + "\n" + address;
    }
}
