"""A pool of four processes squares numbers."""

from multiprocessing import Pool


def square(x):
    return x * x


def main():
    with Pool(4) as pool:
        print(pool.map(square, [1, 2, 3, 4, 5]))


if __name__ == "__main__":
    main()
