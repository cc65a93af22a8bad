import time


def main():
    while True:
        print("nothing to do", flush=True)
        time.sleep(30)


if __name__ == "__main__":
    main()
