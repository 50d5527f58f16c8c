import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A MongoDB-compatible server in memory, on 127.0.0.1 and a free port. Prints its connection string once it answers.
 * Given the id of a process, it ends with that process, however that one ends.
 */
public class SpecMongo {

  public static void main(String[] args) throws Exception {
    if (args.length > 0) {
      ProcessHandle owner = ProcessHandle.of(Long.parseLong(args[0])).orElseThrow();
      owner.onExit().thenRun(() -> System.exit(0));
    }
    MongoServer server = new MongoServer(new MemoryBackend());
    server.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort() + "/");
    System.out.flush();
  }
}
