/** Imported, or by `node --require`: this process finds names below `localhost` on this machine. */
import "../testing/localhost";
