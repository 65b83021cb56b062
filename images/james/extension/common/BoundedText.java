package kit.james;

import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.james.util.html.HtmlTextExtractor;

/**
 * The text of a mail's HTML, for previews and for programs that show text. James makes a tree of the HTML, a hundred times as
 * large, and 3.8.1 indents what is in lists by their depth, which each list adds to (CVE-2024-45626): a mail of half a MiB
 * could end it. What needs more than there is room for is only rid of its tags.
 */
public final class BoundedText implements HtmlTextExtractor {
    /** Of the tree, for a tag, and for a byte of attributes or text; measured. */
    private static final int TAG = 300;
    private static final int BYTE = 25;
    /** For one mail's text, whatever room there is. */
    private static final long MOST = 4 * Limits.MESSAGE;
    private static final Pattern TAGS = Pattern.compile("<");
    private static final Pattern LISTS = Pattern.compile("<[ou]l", Pattern.CASE_INSENSITIVE);
    private static final Pattern ITEMS = Pattern.compile("<li", Pattern.CASE_INSENSITIVE);
    private static final Pattern WHOLE_TAG = Pattern.compile("<[^<>]*>");

    private final HtmlTextExtractor james = ofJames("org.apache.james.jmap.draft.utils", "org.apache.james.jmap.utils");

    @Override
    public String toPlainText(String html) {
        long indents = count(LISTS, html) * count(ITEMS, html);
        long needed = TAG * count(TAGS, html) + BYTE * (long) html.length() + 2 * indents;
        Optional<Room.Part> room = needed > MOST ? Optional.empty() : Room.take(needed);
        if (room.isEmpty()) {
            return WHOLE_TAG.matcher(html).replaceAll(" ");
        }
        try {
            return james.toPlainText(html);
        } finally {
            room.get().close();
        }
    }

    private static long count(Pattern pattern, String html) {
        return pattern.matcher(html).results().count();
    }

    /** @param packages where the class is: in 3.8.1 and before, from 3.8.2 on */
    private static HtmlTextExtractor ofJames(String... packages) {
        for (String name : packages) {
            try {
                return Class.forName(name + ".JsoupHtmlTextExtractor").asSubclass(HtmlTextExtractor.class)
                    .getDeclaredConstructor().newInstance();
            } catch (ClassNotFoundException elsewhere) {
                continue;
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalStateException("James makes text of HTML elsewhere");
    }
}
