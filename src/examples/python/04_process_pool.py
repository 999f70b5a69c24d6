"""Three worker processes compute what ten tasks stand for; results come as they are ready."""

from concurrent.futures import ProcessPoolExecutor, as_completed


def work(task):
    print(f"Task {task}: started\n", end="", flush=True)
    result = task * 2
    print(f"Task {task}: finished\n", end="", flush=True)
    return result


def main():
    with ProcessPoolExecutor(max_workers=3) as executor:
        futures = {executor.submit(work, task): task for task in range(10)}
        for future in as_completed(futures):
            print(f"Task {futures[future]}: result {future.result()}\n", end="", flush=True)


if __name__ == "__main__":
    main()
