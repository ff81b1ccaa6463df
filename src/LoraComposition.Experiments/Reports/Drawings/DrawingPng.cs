using SkiaSharp;

namespace LoraComposition.Experiments;

/// <summary>A drawing as PNG, with two pixels for each CSS pixel.</summary>
static class DrawingPng
{
    const int Scale = 2;

    public static byte[] Of(Drawing drawing)
    {
        using var surface = SKSurface.Create(new SKImageInfo((int)Math.Ceiling(Scale * drawing.Width), (int)Math.Ceiling(Scale * drawing.Height)));
        var canvas = surface.Canvas;
        canvas.Clear(SKColors.White);
        canvas.Scale(Scale);
        using var paint = new SKPaint { IsAntialias = true };
        foreach (var shape in drawing.Shapes) Draw(canvas, paint, shape);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    static void Draw(SKCanvas canvas, SKPaint paint, Shape shape)
    {
        switch (shape)
        {
            case RectangleShape r:
                paint.Color = SKColor.Parse(r.Fill);
                canvas.DrawRect((float)r.X, (float)r.Y, (float)r.Width, (float)r.Height, paint);
                break;
            case LineShape l:
                (paint.Color, paint.StrokeWidth) = (SKColor.Parse(l.Color), (float)l.Width);
                canvas.DrawLine((float)l.X1, (float)l.Y1, (float)l.X2, (float)l.Y2, paint);
                break;
            case TextShape t:
                paint.Color = SKColor.Parse(t.Color);
                using (var font = DrawingFont.Of(t.Size))
                {
                    canvas.Save();
                    canvas.Translate((float)t.X, (float)t.Y);
                    if (t.Upright) canvas.RotateDegrees(-90);
                    canvas.DrawText(t.Text, 0, 0, t.Anchor switch { TextAnchor.Start => SKTextAlign.Left, TextAnchor.Middle => SKTextAlign.Center, _ => SKTextAlign.Right }, font, paint);
                    canvas.Restore();
                }
                break;
            default:
                throw new ArgumentException($"No picture is known for {shape.GetType().Name}.", nameof(shape));
        }
    }
}
