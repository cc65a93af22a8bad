import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;

public class Dots {
    public static void main(String[] args) {
        BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(Color.RED);
        pen.fillRect(0, 0, 8, 8);
        System.out.printf("pixel %06x%n", image.getRGB(4, 4) & 0xffffff);
    }
}
