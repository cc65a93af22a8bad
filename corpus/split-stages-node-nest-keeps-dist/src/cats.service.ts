import { Injectable } from '@nestjs/common';

@Injectable()
export class CatsService {
  list(): string[] {
    return ['Tom', 'Felix'];
  }
}
