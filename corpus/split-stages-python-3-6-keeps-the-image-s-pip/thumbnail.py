from PIL import Image

image = Image.new("RGB", (64, 64), "navy")
image.thumbnail((16, 16))
print("made", image.size)
