import io.netty.buffer.ByteBuf
import io.netty.buffer.Unpooled

class Statement {
    private val given = mutableMapOf<Int, Any>()

    fun bind(at: Int, value: Any): Statement {
        given[at] = value
        return this
    }

    fun packed(): ByteBuf = Unpooled.buffer().apply { writeBytes(given.values.joinToString(" ").toByteArray()) }
}

fun greeting(): ByteBuf {
    val packed = Statement().bind(1, "hello").bind(2, "world").packed()
    val answer = Unpooled.buffer()
    answer.writeBytes(packed)
    return answer
}
