import io

import soundfile
import torch
from fastapi import FastAPI, Request

app = FastAPI()


@app.post("/loudness")
async def loudness(request: Request):
    samples, rate = soundfile.read(io.BytesIO(await request.body()))
    return {"loudness": torch.tensor(samples).abs().mean().item(), "rate": rate}
