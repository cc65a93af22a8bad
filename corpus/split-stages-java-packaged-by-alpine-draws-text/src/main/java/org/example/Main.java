package org.example;

import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;

public final class Main {
    public static void main(String[] args) {
        BufferedImage picture = new BufferedImage(200, 40, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = picture.createGraphics();
        canvas.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 18));
        canvas.drawString(String.join(" ", args), 4, 24);
        System.out.println("drawn: " + picture.getWidth() + " by " + picture.getHeight());
    }
}
