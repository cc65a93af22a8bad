require "fileutils"
require "open3"

# Makes small pictures; the results are kept under data/.
module Thumbnail
  FOLDER = File.join("data", "thumbnails")

  def self.make(name, size)
    FileUtils.mkdir_p(FOLDER)
    target = File.join(FOLDER, "#{name}.png")
    _, status = Open3.capture2e("convert", "-size", size, "xc:navy", target)
    raise "convert failed" unless status.success?

    File.size(target)
  end
end
