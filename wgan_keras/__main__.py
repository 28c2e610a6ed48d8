from wgan_keras.cli import main

if __name__ == "__main__":
    main()
