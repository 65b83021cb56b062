package kit.james;

import java.util.LinkedHashMap;
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

    /** Whether a password of the user may be tried from the address now. */
    public synchronized boolean allowed(String user, String address, long now) {
        String pair = pair(user, address);
        Allowance ofPair = pairs.get(pair);
        Allowance ofAddress = addresses.get(address);
        return (ofPair == null || ofPair.left(now) >= 1)
            && (ofAddress == null || ofAddress.left(now) >= 1 || known.containsKey(pair));
    }

    public synchronized void failed(String user, String address, long now) {
        Allowance ofPair = pairs.computeIfAbsent(pair(user, address), any -> new Allowance(10, 4, now));
        ofPair.left = Math.max(0, ofPair.left(now) - 1);
        Allowance ofAddress = addresses.computeIfAbsent(address, any -> new Allowance(50, 20, now));
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
