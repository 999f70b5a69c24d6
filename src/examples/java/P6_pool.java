import java.util.List;
import org.multiprocessing4j.pool.Pool;

// A pool of four processes squares numbers.
class P6_pool {

    static int square(int x) {
        return x * x;
    }

    public static void main(String[] args) throws InterruptedException {
        try (var pool = new Pool(4).with()) {
            System.out.println(pool.map(P6_pool::square, List.of(1, 2, 3, 4, 5)));
        }
    }
}
