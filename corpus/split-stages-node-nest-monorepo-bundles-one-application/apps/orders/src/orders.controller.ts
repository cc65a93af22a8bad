import { Controller, Get } from '@nestjs/common';
import { loaf } from '@app/common';

@Controller('orders')
export class OrdersController {
  @Get()
  open(): string {
    return `${loaf(7)} to bake`;
  }
}
